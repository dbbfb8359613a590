
"use strict";
const form = document.getElementById("filter");
if (form) {
  const sentences = Array.from(document.querySelectorAll("#sentences article"));
  const choose = () => {
    const kind = form.elements.kind.value, label = form.elements.label.value;
    let shown = 0;
    for (const sentence of sentences) {
      let wanted = false;
      for (const error of sentence.querySelectorAll("li")) {
        const { kind: its, gold, predicted } = error.dataset;
        const hit = (!kind || its === kind) && (!label || gold === label || predicted === label);
        error.classList.toggle("other", !hit);
        wanted = wanted || hit;
      }
      sentence.hidden = !wanted;
      shown += wanted;
    }
    form.querySelector("output").textContent =
      `${shown.toLocaleString("en")} of ${sentences.length.toLocaleString("en")} sentences`;
  };
  form.hidden = false;
  form.addEventListener("input", choose);
  form.addEventListener("submit", (event) => event.preventDefault());
  choose();
}
