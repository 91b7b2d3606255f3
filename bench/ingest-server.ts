/** What a server is asked; drained: once all that it has acknowledged is counted. */
export type ServerQuestion = { readonly drained: boolean };

export type ServerState = {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  /** Usage events, and what the summed property of them comes to. */
  readonly counted: number;
  readonly sum: string;
  /** Of all files. */
  readonly bytes: number;
};
