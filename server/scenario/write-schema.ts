/** Writes `scenarios/scenario.schema.json`, which editors use to complete and check scenario files. */
import { writeFileSync } from 'node:fs';
import { schemaText } from './schema.ts';

writeFileSync(new URL('../../scenarios/scenario.schema.json', import.meta.url), schemaText());
