export type StoryEvent = {
  readonly transactionId: string;
  readonly customerId: string;
  readonly eventType: string;
  readonly timestamp: string;
  readonly properties: Readonly<Record<string, string | number>>;
};

export const alias = 'team@customer.com';

/** What is used in a month: rows as so many updates of so many rows each, rooms as distinct. */
type Month = {
  readonly month: string;
  readonly emails: number;
  readonly updates: readonly (readonly [updates: number, rows: string | number])[];
  readonly reminders: number;
  readonly rooms: number;
};

const quietMonth = { emails: 100, updates: [[1, 10]], reminders: 1, rooms: 1 } as const;

// March: 80 x 10.1 + 2.5 = 810.5 rows.
const months: readonly Month[] = [
  { month: '2024-10', emails: 1234, updates: [[31, 10]], reminders: 45, rooms: 5 },
  { month: '2024-11', emails: 2000, updates: [[50, 10]], reminders: 0, rooms: 0 },
  { month: '2025-01', emails: 10, updates: [], reminders: 3, rooms: 0 },
  { month: '2025-02', emails: 3000, updates: [[80, 10]], reminders: 150, rooms: 40 },
  {
    month: '2025-03',
    emails: 3100,
    updates: [
      [80, '10.1'],
      [1, 2.5],
    ],
    reminders: 160,
    rooms: 41,
  },
  ...['2025-04', '2025-05', '2025-06', '2025-07'].map((month) => ({ month, ...quietMonth })),
];

/** Emails whose instant is a trap, by month and place in it. */
const trappedEmails: Readonly<Record<string, string>> = {
  '2025-01 9': '2025-01-31T23:59:59.999Z',
  '2025-02 0': '2025-02-01T00:00:00Z',
  '2025-02 1': '2025-01-31T20:00:00-05:00',
};

/** One email of October that arrives on the first of November, within the days of grace. */
export const arrivesInGrace = { month: '2024-10', transactionId: 'email-2024-10-1234' };

export type MonthOfUsage = {
  readonly month: string;
  /** In order of time, every fiftieth of the whole story twice. */
  readonly events: readonly StoryEvent[];
};

/** The usage of the story, month by month; half of it names the customer by id, half by alias. */
export function storyUsage(customerId: string): readonly MonthOfUsage[] {
  const keys = [customerId, alias];
  let recorded = 0;
  return months.map((month) => {
    const events = eventsOf(month, keys).sort((a, b) => millis(a) - millis(b));
    const sentTwice = events.filter((_event, index) => (recorded + index + 1) % 50 === 0);
    recorded += events.length;
    return { month: month.month, events: [...events, ...sentTwice] };
  });
}

/** Recorded after October is closed. */
export const lateOctoberEmails = (customerId: string): readonly StoryEvent[] =>
  spread('2024-10', 7, (index, timestamp) => ({
    transactionId: `late-email-${String(index + 1)}`,
    customerId,
    eventType: 'email_generated',
    timestamp,
    properties: {},
  }));

/** Belongs to no contract. */
export const emailAfterTheEnd: StoryEvent = {
  transactionId: 'email-after-the-end',
  customerId: alias,
  eventType: 'email_generated',
  timestamp: '2025-08-02T09:00:00Z',
  properties: {},
};

function eventsOf(
  { month, emails, updates, reminders, rooms }: Month,
  keys: readonly string[],
): StoryEvent[] {
  const events = (
    kind: string,
    count: number,
    eventType: string,
    properties: (index: number) => StoryEvent['properties'] = () => ({}),
  ): StoryEvent[] =>
    spread(month, count, (index, timestamp) => ({
      transactionId: `${kind}-${month}-${String(index + 1)}`,
      customerId: keys[index % keys.length] ?? alias,
      eventType,
      timestamp: (kind === 'email' && trappedEmails[`${month} ${String(index)}`]) || timestamp,
      properties: properties(index),
    }));
  return [
    ...events('email', emails, 'email_generated'),
    ...updates.flatMap(([count, rows], place) =>
      events(`update-${String(place + 1)}`, count, 'spreadsheet_updated', () => ({ rows })),
    ),
    ...events('reminder', reminders, 'reminder_sent'),
    // Each room is used twice.
    ...events('room', 2 * rooms, 'slack_room_used', (index) => ({
      room: `room-${String((index % rooms) + 1)}`,
    })),
  ];
}

/** So many events, evenly over the month. */
function spread(
  month: string,
  count: number,
  event: (index: number, timestamp: string) => StoryEvent,
): StoryEvent[] {
  const start = Date.parse(`${month}-01T00:00:00Z`);
  const length = new Date(start).setUTCMonth(new Date(start).getUTCMonth() + 1) - start;
  return Array.from({ length: count }, (_none, index) =>
    event(index, new Date(start + Math.floor((index * length) / count)).toISOString()),
  );
}

const millis = ({ timestamp }: StoryEvent): number => Date.parse(timestamp);
