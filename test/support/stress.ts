const isStress = (process.env['STRESS'] ?? '') !== '';

/** How often something is done: more often in a long run, which `npm run stress` is. */
export const times = (usual: number, stress: number): number => (isStress ? stress : usual);
