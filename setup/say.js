/** How set-up speaks: one line for what happens, one line and exit code 2 for what went wrong. */

/** Ends with one line that says what is wrong and what to do. */
export function stop(what, todo) {
  process.stderr.write(`ferrolab: ${what}. ${todo}\n`);
  process.exit(2);
}

/** Shows that a long step is alive: a counting line on a terminal, two lines elsewhere. Returns the way to end it. */
export function progress(doing) {
  const began = Date.now();
  const seconds = () => ((Date.now() - began) / 1000).toFixed(0);
  if (!process.stdout.isTTY) {
    process.stdout.write(`${doing}…\n`);
    return (end) => process.stdout.write(`${end} (${seconds()} s)\n`);
  }
  const draw = () => process.stdout.write(`\r${doing}… ${seconds()} s`);
  draw();
  const timer = setInterval(draw, 1000);
  return (end) => {
    clearInterval(timer);
    process.stdout.write(`\r${end} (${seconds()} s)${' '.repeat(doing.length)}\n`);
  };
}
