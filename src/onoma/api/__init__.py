"""What `import onoma` offers, a module each. They put rooms together, and no more."""
