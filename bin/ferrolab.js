#!/usr/bin/env node
/** The `ferrolab` command: finds a Node that runs the lab, then hands over. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from '../setup/launch.js';
import { checkSetupNode } from '../setup/node.js';
import { root } from '../setup/root.js';
import { stop } from '../setup/say.js';

checkSetupNode();
if (!existsSync(join(root, 'node_modules/commander')))
  stop('the packages are not installed', 'Run `npm start` or `npm ci` first.');
launch(process.argv.slice(2));
