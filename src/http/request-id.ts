import { randomUUID } from 'node:crypto';

const sane = /^[!-~]{1,128}$/;

/** The caller's name for the request, where it sent a usable one, else a new one. */
export const requestIdOf = (header: string | readonly string[] | undefined): string =>
  typeof header === 'string' && sane.test(header) ? header : randomUUID();
