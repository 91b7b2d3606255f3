import { bad, type Wrong } from './refusals.ts';

/** What later versions will take, and this one refuses rather than ignore. */
export const unsupported: readonly Wrong[] = [
  ...['SUBSCRIPTION', 'COMPOSITE'].map((type): Wrong => [
    `a ${type} product`,
    'createProduct',
    () => ({ name: 'P', type }),
    bad('not_supported_yet', 'type'),
    type,
  ]),
];
