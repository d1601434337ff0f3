// The screens of leaders: the map, the figures, the warnings.
export const COCKPIT = [];
