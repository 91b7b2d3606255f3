import { readFileSync } from 'node:fs';

/** Of a clock tick in /proc, everywhere that it is. */
const tickSeconds = 0.01;

/** The most memory that the process has held; null where the system does not tell. */
export function peakBytes(pid: number | 'self'): number | null {
  // Not maxRSS: it begins with what the process held that started this one.
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(textOf(`/proc/${String(pid)}/status`))?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** CPU time of the process, all its threads; null where the system does not tell. */
export function cpuSecondsOf(pid: number): number | null {
  const text = textOf(`/proc/${String(pid)}/stat`);
  // The name before it may hold anything, blanks and brackets too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isNaN(user + system) ? null : (user + system) * tickSeconds;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
