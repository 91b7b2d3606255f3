/** An invoice, and its rank among all that were finalized. */
export type Finalized = { readonly invoiceId: string; readonly number: number };

export type Rounds = {
  /** Whose turn it is; null: no invoice is finalized. */
  readonly next: () => Promise<Finalized | null>;
};

/** Numbers below the first, above the second; null: whatever is newest. */
type Stretch = { before: number | null; readonly above: number };

const mostStretches = 100;

/**
 * Goes from the newest invoice to the oldest, again and again; those that are finalized meanwhile
 * come first.
 */
export function createRounds(
  finalizedBefore: (number: number | null) => Promise<Finalized | null>,
): Rounds {
  let newest = 0;
  let stretches: Stretch[] = [];
  return {
    async next() {
      const top = await finalizedBefore(null);
      if (top === null) return null;
      if (top.number > newest) {
        stretches = [...stretches, { before: null, above: newest }].slice(-mostStretches);
        newest = top.number;
      }
      for (let stretch = stretches.at(-1); stretch !== undefined; stretch = stretches.at(-1)) {
        const found = stretch.before === null ? top : await finalizedBefore(stretch.before);
        if (found !== null && found.number > stretch.above) {
          stretch.before = found.number;
          return found;
        }
        stretches.pop();
      }
      stretches = [{ before: top.number, above: 0 }];
      return top;
    },
  };
}
