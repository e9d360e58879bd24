// What decoded views mask, and how: values go, names and shapes stay, so that one still sees that there
// was a token. Pure; never changes what it was given. Messages are cleaned when they are looked at.
export { redactBytes, redactExchange, redactFieldsOf, redactText } from './exchange.ts';
export { isSecretHeader, isSecretName, mask } from './rules.ts';
