/** Which files the lab opens for somebody who shows no token: any user of this machine may be asking. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { LabError } from '#bus/errors.ts';

/** EACCES for a driver file of another user: it would run with our rights. */
export const checkDriverFile = (file: string): void => {
  const owner = statSync(file, { throwIfNoEntry: false })?.uid;
  const own = process.getuid?.();
  if (owner === undefined || own === undefined || owner === own || owner === 0) return;
  if (owner === statSync(import.meta.filename).uid) return; // they could change the lab itself
  throw new LabError(
    'EACCES',
    `driver file ${file} belongs to user ${owner}, the lab runs as ${own}: take a copy of your own, or start the lab with --token`,
  );
};

/** EACCES for a parameter that names a file which only its owner may read: what a driver reads, everybody sees. */
export const checkNamedFiles = (params: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(params)) {
    if (typeof value !== 'string' || !value.includes('/')) continue;
    const found = statSync(resolve(value), { throwIfNoEntry: false });
    if (found?.isFile() === true && (found.mode & 0o044) === 0)
      throw new LabError(
        'EACCES',
        `${name}: only the owner of ${value} may read it, and a lab without a token is open to everybody here: chmod a+r it, or start the lab with --token`,
      );
  }
};
