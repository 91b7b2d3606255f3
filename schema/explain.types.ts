import { Field, ObjectType } from 'type-graphql';
import type { LineExplanation } from '../projections/explained.ts';
import { type Context } from './context.ts';
import { InvoiceLineItem, lineItemNode } from './invoices.types.ts';
import { Pricing, pricingNode, RateSource } from './pricing.types.ts';

@ObjectType({ description: 'Why a line says what it says.' })
export class LineItemExplanation {
  @Field(() => InvoiceLineItem)
  lineItem: InvoiceLineItem;
  @Field(() => Pricing, {
    description:
      'After overrides. Of late usage: of the closed period that it is for. Of a scheduled charge: FLAT.',
  })
  pricing: Pricing;
  @Field(() => RateSource)
  source: keyof typeof RateSource;
  @Field(() => String, {
    description: 'Human-readable arithmetic, e.g. "3000 x 0.10 USD = 300.00 USD".',
  })
  arithmetic: string;
  explanation: LineExplanation;
}

export const explanationNode = (
  explanation: LineExplanation,
  world: Context,
): LineItemExplanation => ({
  lineItem: lineItemNode(explanation.line, explanation.currency, world),
  pricing: pricingNode(explanation.pricing),
  source: explanation.source,
  arithmetic: explanation.arithmetic,
  explanation,
});
