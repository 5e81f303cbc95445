#!/usr/bin/env node
// Checked in so that the link exists before the first build; the program itself is in dist.
import '../dist/main.js';
