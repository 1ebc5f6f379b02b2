import { expect, test } from 'vitest';
import { parseScenario } from './parse.ts';
import { scenarioView } from './view.ts';

test('plans each step, looks at their longest, and gives no time to what waits for an access', () => {
  const yaml = `title: T
teaches: F
tags: [link]
bench: { phy0: { device: qt2025 } }
steps:
  - insmod: { driver: qt2025, device: phy0 }
  - expect: { driver: phy0, state: live, within: 3s }
  - after: 100ms
    fault: { phy0: rx-loss }
  - on: { device: phy0, register: PMA_STAT1, op: read }
    clear: { phy0: all }
  - at: 5s
    never: { driver: phy0, link: up, for: 250ms }
`;
  expect(scenarioView(parseScenario(yaml, 'dir/light.yaml'))).toEqual({
    name: 'light',
    title: 'T',
    teaches: 'F',
    tags: ['link'],
    devices: ['phy0'],
    yaml,
    lastVerdict: null,
    score: [
      { kind: 'action', atMs: 0, untilMs: null },
      { kind: 'expect', atMs: 0, untilMs: 3000 },
      { kind: 'fault', atMs: 3100, untilMs: null },
      { kind: 'fault', atMs: null, untilMs: null },
      { kind: 'expect', atMs: 5000, untilMs: 5250 },
    ],
  });
});
