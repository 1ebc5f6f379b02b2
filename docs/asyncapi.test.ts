/** Holds asyncapi.yaml against the code it describes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { encodeNotice, parseNotice } from '#bus/announce.ts';
import { LOG_LEVELS } from '#bus/api.ts';
import { KIND } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';

const text = readFileSync(new URL('asyncapi.yaml', import.meta.url), 'utf8');
// `&` and `*` save typing in the channels; a document parsed without a limit on them is the whole document.
const api = parse(text, { maxAliasCount: -1 });

test('every topic of the bus is a channel, and every channel a topic', () => {
  const built = Object.entries(topics('{lab}')).map(([thing, topic]) =>
    topic(
      ['client', 'reply', 'log', 'diskRequest', 'diskAnswer'].includes(thing)
        ? '{client}'
        : thing === 'run'
          ? '{run}'
          : '{device}',
    ),
  );
  const described = Object.values(api.channels as Record<string, { address: string }>).map(({ address }) => address);
  expect(described.sort()).toEqual(built.sort());
});

test('every reference leads somewhere', () => {
  const references = [...text.matchAll(/\$ref: '#\/([^']+)'/g)].map((match) => match[1] ?? '');
  const missing = references.filter(
    (path) => path.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], api) === undefined,
  );
  expect(references.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test('every kind of request, level of the log and field of a notice is described', () => {
  const { request, diskRequest } = api.channels;
  const asked = [...Object.keys(request.messages), ...Object.keys(diskRequest.messages)];
  expect(asked.sort()).toEqual(Object.keys(KIND).sort());
  expect(api.components.schemas.logLine.properties.level.enum).toEqual([...LOG_LEVELS]);
  const [example] = api.components.messages.notice.examples;
  const read = parseNotice(new TextEncoder().encode(JSON.stringify(example.payload)));
  expect(read).toEqual(example.payload);
  expect(Object.keys(JSON.parse(encodeNotice(read!))).sort()).toEqual(
    [...api.components.schemas.notice.required].sort(),
  );
});
