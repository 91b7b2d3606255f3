/**
 * type-graphql asks for decorator metadata even where every type is written out, as it is here: it
 * finds none. To be imported before the first decorated class.
 */
if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getMetadata: () => undefined });
