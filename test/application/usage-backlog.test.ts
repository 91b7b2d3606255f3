import { describe, expect, it } from 'vitest';
import { createUsageBacklog } from '../../src/application/usage-backlog.ts';

describe('the backlog of usage', () => {
  it('is of lines that were recorded and not folded, however many an event holds', () => {
    let folded = 0n;
    const backlog = createUsageBacklog(() => folded, 50_000);
    for (let position = 1n; position <= 5n; position += 1n) backlog.recorded(position, 10_000);
    expect(backlog.behind()).toBeNull();
    backlog.recorded(6n, 1);
    expect(backlog.behind()).toBe('50001 recorded events wait to be counted');
    folded = 1n;
    expect(backlog.behind()).toBeNull();
  });

  it('is over once all is folded, after however many small ones', () => {
    let folded = 0n;
    const backlog = createUsageBacklog(() => folded, 1000);
    for (let position = 1n; position <= 3000n; position += 1n) backlog.recorded(position, 1);
    expect(backlog.behind()).not.toBeNull();
    folded = 3000n;
    expect(backlog.behind()).toBeNull();
  });
});
