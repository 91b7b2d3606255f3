import { type Instant } from '../kernel/calendar.ts';

/** A usage event of the right shape; its values are judged one by one (billing rule 30). */
export type UsageInput = {
  readonly transactionId: string;
  readonly customerId: string;
  readonly eventType: string;
  readonly timestamp: Instant;
  /**
   * A number that its sender wrote with more than 15 significant digits comes as an InexactNumber.
   */
  readonly properties: Readonly<Record<string, unknown>> | null;
};

/** A JSON number that a double cannot be trusted to hold; kept as it was written. */
export class InexactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type RejectedUsage = {
  /** Place in the call, from 0. */
  readonly index: number;
  readonly transactionId: string | null;
  readonly reason: UsageRejection;
  readonly message: string;
};

export type UsageRejection = UsageShapeFault | UsageValueFault;

/** What only an event that is judged alone can be rejected for: the schema refuses it elsewhere. */
export type UsageShapeFault =
  | 'malformed_json'
  | 'line_too_long'
  | 'not_an_object'
  | 'field_required'
  | 'field_unknown'
  | 'field_twice'
  | 'field_of_wrong_type'
  | 'timestamp_malformed';

export type UsageValueFault =
  | 'empty_transaction_id'
  | 'transaction_id_too_long'
  | 'empty_customer_id'
  | 'customer_id_too_long'
  | 'empty_event_type'
  | 'event_type_too_long'
  | 'text_not_well_formed'
  | 'timestamp_out_of_range'
  | 'too_many_properties'
  | 'property_too_long'
  | 'property_not_scalar'
  | 'number_not_exact';
