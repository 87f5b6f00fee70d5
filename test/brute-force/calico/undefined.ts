/**
 * Thrown where what is known of Calico leaves an answer open or says two things. `decide` catches it, so that one open
 * question spoils one packet and not a world.
 */
export class UndefinedByFacts extends Error {}
