/** `npm start`: installs when needed, builds the dashboard when needed, then runs `ferrolab up`. */
import { buildDashboard } from './dashboard.js';
import { installPackages } from './install.js';
import { launch } from './launch.js';
import { checkSetupNode } from './node.js';

checkSetupNode();
await installPackages();
buildDashboard();
launch(['up', ...process.argv.slice(2)]);
