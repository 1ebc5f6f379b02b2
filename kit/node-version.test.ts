import { expect, test } from 'vitest';
import { checkNode } from './node-version.ts';

test('an older Node is named with what to do, a newer one is silent', () => {
  expect(() => checkNode(22, 'v20.20.2')).toThrow(
    /^this is Node v20\.20\.2, and a lab needs 22 or newer: on Linux npm has put one/,
  );
  checkNode(22, 'v22.0.0');
  checkNode(24, 'v100.1.0');
  checkNode(24);
});
