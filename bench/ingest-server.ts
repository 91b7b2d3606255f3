/** What a server is asked; drained: once all that it has acknowledged is counted. */
export type ServerQuestion = { readonly drained: boolean };

export type ServerState = {
  readonly url: string;
  /** Where its files stand. */
  readonly folder: string;
  readonly cpuSeconds: number;
  /** The most that it has held. */
  readonly peakBytes: number;
  /** Usage events, and what the summed property of them comes to. */
  readonly counted: number;
  readonly sum: string;
  /** Of all files. */
  readonly bytes: number;
};
