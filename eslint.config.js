import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const floats = [
  {
    selector: "Identifier[name='parseFloat']",
    message: 'Decimals are exact: src/kernel/decimal.ts.',
  },
  {
    selector: "MemberExpression[property.name='toFixed']",
    message: 'Decimals are exact: src/kernel/decimal.ts.',
  },
];
const environment = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Only src/config.ts reads the environment.',
  },
];
const chance = [
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'No chance here.',
  },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Time comes in.',
  },
  { selector: "CallExpression[callee.name='Date']", message: 'Time comes in.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes in.' },
];
const dates = [
  {
    selector: "NewExpression[callee.name='Date']",
    message: 'Calendar arithmetic: src/kernel/calendar.ts.',
  },
];
const waiting = [
  { selector: 'AwaitExpression', message: 'Kernel and slices are pure.' },
  { selector: ':function[async=true]', message: 'Kernel and slices are pure.' },
  { selector: "Identifier[name='process']", message: 'Kernel and slices are pure.' },
];
const slices = ['catalog', 'customers', 'contracts', 'usage', 'invoices'].map(
  (slice) => `src/${slice}/**`,
);
const restrict = (...rules) => ({ 'no-restricted-syntax': ['error', ...rules.flat()] });

export default defineConfig(
  { ignores: ['coverage/', 'data/', 'dist/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // An async function without await still turns what it throws into a rejection, as its port promises.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, requireDefaultForNonUnion: true },
      ],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-warning-comments': 'error',
      ...restrict(floats, environment),
    },
  },
  { files: ['src/config.ts'], rules: restrict(floats) },
  { files: ['src/kernel/**'], rules: restrict(floats, environment, chance, waiting) },
  { files: slices, rules: restrict(floats, environment, chance, dates, waiting) },
  { files: ['projections/**'], rules: restrict(floats, environment, chance, dates) },
  {
    // A describe block is a chapter, not a function; stories and scripts speak to a person.
    files: ['test/**', 'bench/**'],
    rules: {
      'max-lines-per-function': 'off',
      'no-console': 'off',
      // Matchers such as expect.anything() are of type any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      ...restrict(floats),
    },
  },
  {
    // The classes only carry decorators; their instances are plain data.
    files: ['schema/**'],
    rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'off' },
  },
  { files: ['schema/print.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', module: 'writable' } },
  },
);
