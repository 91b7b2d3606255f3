import { configure } from 'safe-stable-stringify';

/** A column of canonical JSON text that holds a T. */
export type Json<T> = string & { readonly of?: T };

const stringify = configure({ strict: true });

export const toJson = <T extends object>(value: T): Json<T> => stringify(value);

export const fromJson = <T>(text: Json<T>): T => JSON.parse(text) as T;
