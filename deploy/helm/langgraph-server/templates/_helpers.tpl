{{- define "server.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "server.fullname" -}}
{{- default (printf "%s-%s" .Release.Name (include "server.name" .)) .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "server.labels" -}}
app.kubernetes.io/name: {{ include "server.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "server.selector" -}}
app.kubernetes.io/name: {{ include "server.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "server.secret" -}}
{{- default (printf "%s-secrets" (include "server.fullname" .)) .Values.config.existingSecretName -}}
{{- end -}}

{{- define "server.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "server.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "server.image" -}}
{{- with .Values.images.apiServerImage -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}

{{- define "server.environment" -}}
{{- range list "DATABASE_URI" "REDIS_URI" "SECRET_KEY" }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ include "server.secret" $ }}
      key: {{ . }}
{{- end }}
{{- with .Values.config.url }}
- name: LANGGRAPH_API_URL
  value: {{ . | quote }}
{{- end }}
{{- if .Values.config.auth.enabled }}
- name: LANGGRAPH_AUTH_TYPE
  value: {{ .Values.config.auth.type | quote }}
{{- end }}
- name: BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS
  value: {{ .Values.config.shutdownGraceSeconds | quote }}
- name: LOG_JSON
  value: "true"
{{- with .Values.config.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "server.pod" -}}
serviceAccountName: {{ include "server.account" . }}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.images.imagePullSecrets }}
imagePullSecrets:
{{ toYaml . | indent 2 }}
{{- end }}
{{- end -}}

{{- define "server.container" -}}
image: {{ include "server.image" . | quote }}
imagePullPolicy: {{ .Values.images.apiServerImage.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "server.place" -}}
{{- with .nodeSelector }}
nodeSelector:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with .volumes }}
volumes:
{{ toYaml . | indent 2 }}
{{- end }}
{{- end -}}
