/** Most properties of a usage event. */
export const mostProperties = 2000;

/** Most characters of the text of a property. */
export const longestPropertyText = 4096;

/** Most significant digits of a number that a double holds faithfully. */
export const mostDigits = 15;
