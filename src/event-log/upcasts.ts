export type JsonObject = Readonly<Record<string, unknown>>;

/** Turns an event's data of one version into that of the next. */
export type Upcast = (data: JsonObject) => JsonObject;

/**
 * By event type: how version 1 becomes 2, 2 becomes 3, and so on. A type without an entry is at
 * version 1.
 */
export type Upcasts = Readonly<Record<string, readonly Upcast[]>>;

/** Of the events that paygo has changed since it first stored them. */
export const knownUpcasts: Upcasts = {
  InvoiceFinalized: [(data) => ({ ...data, proof: null })],
};
