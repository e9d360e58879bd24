export { editDistance, nearest } from '../util/nearest.ts';
