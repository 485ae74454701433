import { Question } from '../http/input.js';

export class WhoAmI extends Question {}
