#!/usr/bin/env node
// Checked in so that the link exists before the first build; the program itself is in dist, joined by scripts/bundle.mjs.
import '../dist/bundle/main.js';
