#!/usr/bin/env node
/** The `ferrolab` command: finds a Node that runs the lab, then hands over. */
import { createRequire } from 'node:module';
import { launch } from '../setup/launch.js';
import { checkSetupNode } from '../setup/node.js';
import { stop } from '../setup/say.js';

checkSetupNode();
try {
  createRequire(import.meta.url).resolve('commander');
} catch {
  stop('the packages are not installed', 'Run `npm start` or `npm ci` first.');
}
launch(process.argv.slice(2));
