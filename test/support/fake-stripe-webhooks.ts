import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export type FakeEvent = {
  readonly id: string;
  readonly object: 'event';
  readonly type: string;
  readonly created: number;
  readonly api_version: string;
  readonly data: { readonly object: unknown };
};

/** Where events are sent, and what goes wrong on the way. */
export type Delivery = {
  readonly url: string;
  readonly secret: string;
  /** How often each event is sent; default once. */
  readonly times?: number;
  /** Keeps events back until `flush`, which sends them last one first. */
  readonly hold?: boolean;
};

/** The header that says the body is Stripe's. */
export const signatureOf = (body: string, secret: string, at: number): string => {
  const signature = createHmac('sha256', secret)
    .update(`${String(at)}.${body}`)
    .digest('hex');
  return `t=${String(at)},v1=${signature}`;
};

export type Webhooks = {
  /** All events so far, in order. */
  readonly events: readonly FakeEvent[];
  to(delivery: Delivery): void;
  send(event: FakeEvent): void;
  /** Sends what was held back, last one first. */
  flush(): void;
  /** Until what was sent has been taken, or given up. */
  settled(): Promise<void>;
  close(): void;
};

const triesMax = 100;
const againMs = 50;

/** Sends again what is not taken, as Stripe does, only sooner. */
export function createWebhooks(): Webhooks {
  const events: FakeEvent[] = [];
  const held: FakeEvent[] = [];
  const underWay = new Set<Promise<void>>();
  let delivery: Delivery | null = null;
  let closed = false;

  const post = async (event: FakeEvent, { url, secret }: Delivery): Promise<void> => {
    const body = JSON.stringify(event);
    for (let tried = 0; tried < triesMax && !closed; tried += 1) {
      const signature = signatureOf(body, secret, Math.floor(Date.now() / 1000));
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.ok === true) return;
      await sleep(againMs);
    }
  };
  const deliver = (event: FakeEvent): void => {
    if (delivery === null) return;
    for (let time = 0; time < (delivery.times ?? 1); time += 1) {
      const posting = post(event, delivery).finally(() => underWay.delete(posting));
      underWay.add(posting);
    }
  };
  return {
    events,
    to: (to) => {
      delivery = to;
    },
    send: (event) => {
      events.push(event);
      if (delivery?.hold === true) held.push(event);
      else deliver(event);
    },
    flush: () => {
      held.splice(0).reverse().forEach(deliver);
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: () => {
      closed = true;
    },
  };
}
