import { describe, expect, it } from 'vitest';
import { playAutoSales, silently, storyStartsAt, type StoryReport } from '../support/autosales.ts';
import { differences, expectedSummary, summary } from '../support/autosales-invoices.ts';
import { expectedMetered, readMetered } from '../support/autosales-metering.ts';
import { startFleet } from '../support/processes.ts';

/** What is done as the story is somewhere. */
const onTheWay = (steps: Readonly<Record<string, () => void>>): StoryReport => {
  const done = new Set<string>();
  const look = (at: string): void => {
    for (const [month, step] of Object.entries(steps)) {
      if (!at.startsWith(month) || done.has(month)) continue;
      done.add(month);
      step();
    }
  };
  return { ...silently, step: look, usage: look };
};

describe('the year of AutoSales on two api, two projector and two biller processes', () => {
  it('ends in the same invoices, though one of each is killed on the way', async () => {
    const fleet = await startFleet(
      { api: 2, projector: 2, biller: 2 },
      { PAYGO_TEST_CLOCK: storyStartsAt },
    );
    const killed: Promise<void>[] = [];
    const kill = (role: 'api' | 'projector' | 'biller') => () => {
      killed.push(fleet[role][0]?.kill() ?? Promise.reject(new Error(`there is no ${role}`)));
    };
    const report = onTheWay({
      '2024-10': kill('projector'),
      '2024-11': kill('biller'),
      '2025-03': kill('api'),
    });
    const story = await playAutoSales(fleet.gateway, report);
    await Promise.all(killed);
    expect(killed).toHaveLength(3);
    expect(summary(story.invoices)).toEqual(expectedSummary);
    expect(differences(story.invoices)).toEqual([]);
    expect(await readMetered(fleet.gateway, story.customerId, story.metrics)).toEqual(
      expectedMetered,
    );

    const again = await playAutoSales(fleet.gateway, silently);
    expect(again).toEqual(story);
  }, 300_000);
});
