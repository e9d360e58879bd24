/** Dark, light, or what the system has. Kept by the browser. */
import { effect, signal } from '@preact/signals';

export const themes = ['system', 'dark', 'light'] as const;
export type Theme = (typeof themes)[number];

const key = 'porthole-theme';

export const theme = signal<Theme>('system');

export function startTheme(): void {
  try {
    theme.value = themes.find((name) => name === localStorage.getItem(key)) ?? 'system';
  } catch {
    // Storage may be forbidden; then it is the system's each time.
  }
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === 'system') delete dataset['theme'];
    else dataset['theme'] = theme.value;
    try {
      localStorage.setItem(key, theme.value);
    } catch {
      // As above.
    }
  });
}

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
}
