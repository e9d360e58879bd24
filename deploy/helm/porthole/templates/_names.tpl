{{- define "porthole.selector" -}}
app.kubernetes.io/name: porthole-agent
app.kubernetes.io/component: standing
{{- end }}
{{- define "porthole.labels" -}}
{{ include "porthole.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
