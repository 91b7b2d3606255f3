import { execute, parse, type DocumentNode } from 'graphql';
import { expect } from 'vitest';
import { createAudit } from '../../projections/audit.ts';
import { ratedUsage } from '../../projections/rated-usage.ts';
import { waitUntilCounted } from '../../projections/read-models.ts';
import { usageTrace } from '../../projections/usage-trace.ts';
import { type Views } from '../../schema/backend.ts';
import { requestContext } from '../../schema/context.ts';
import { createUsageArchive } from '../../src/application/usage-archive.ts';
import { admin, schema } from '../schema/asking.ts';
import { graceHours, type World } from './world.ts';

/** Parsing is a part of what an answer costs, and the same ones are asked again and again. */
const documents = new Map<string, DocumentNode>();

/** What the API answers in that world, as text. */
export async function answered(
  world: World,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { engine, clock } = world;
  const contextValue = requestContext({ engine, clock, views: viewsOf(world) }, admin);
  const document = documents.get(query) ?? parse(query);
  documents.set(query, document);
  const answer = await execute({ schema, document, contextValue, variableValues: variables });
  expect(answer.errors ?? []).toEqual([]);
  return JSON.stringify(answer.data);
}

function viewsOf({ log, models, drafts, billing, settle }: World): Views {
  const archive = createUsageArchive(log);
  return {
    main: models.main.reader,
    usage: models.usage.reader,
    drafts,
    audit: createAudit(models, log, graceHours),
    ratedUsage: (request) => ratedUsage(models, request),
    usageTrace: (id, now) => usageTrace({ models, archive, graceHours }, id, now),
    usageArchive: archive,
    settle,
    waitForMain: models.waitForMain,
    waitFor: billing.waitFor,
    waitUntilCounted: (ids, timeoutMs) => waitUntilCounted(models.usage.reader, ids, timeoutMs),
  };
}
