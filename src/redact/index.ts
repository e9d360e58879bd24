// What decoded views mask, and how: values go, names and shapes stay, so that one still sees that there
// was a token. Pure; gives back the same object when nothing was masked, never changes what it was given.
export { redactExchange, redactText } from './exchange.ts';
export { isSecretHeader, isSecretName, mask } from './rules.ts';
