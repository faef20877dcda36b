{{- define "cutoutd.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "cutoutd.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "cutoutd.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "cutoutd.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* What a selector chooses by: never changed, since a Deployment's selector cannot be. */}}
{{- define "cutoutd.selector" -}}
app.kubernetes.io/name: {{ include "cutoutd.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "cutoutd.labels" -}}
{{ include "cutoutd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "cutoutd.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "cutoutd.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "cutoutd.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default (printf "v%s" .Chart.AppVersion) .Values.image.tag }}
{{- end }}
{{- end }}

{{- /* The metadata of a pod; give it (dict "root" $ "component" "web"). */}}
{{- define "cutoutd.podMetadata" -}}
{{- $values := .root.Values -}}
labels:
  {{- include "cutoutd.selector" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # A pod reads its settings when it starts: other settings, another pod.
  checksum/settings: {{ $values.settings | toJson | sha256sum }}
  {{- if $values.metrics.podAnnotations }}
  prometheus.io/scrape: "true"
  prometheus.io/port: "9090"
  prometheus.io/path: /metrics
  {{- end }}
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* What every pod has beside its container; give it (dict "root" $ "own" .Values.web). */}}
{{- define "cutoutd.podSpec" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "cutoutd.serviceAccount" .root }}
automountServiceAccountToken: false
terminationGracePeriodSeconds: {{ $values.stopTimeoutSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with default $values.nodeSelector .own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with default $values.tolerations .own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with default $values.affinity .own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What every container has; give it (dict "root" $ "own" .Values.web). */}}
{{- define "cutoutd.container" -}}
{{- $values := .root.Values -}}
image: {{ include "cutoutd.image" .root | quote }}
imagePullPolicy: {{ $values.image.pullPolicy }}
envFrom:
  - configMapRef: {name: {{ include "cutoutd.fullname" .root }}}
  - secretRef: {name: {{ $values.secretName }}}
  {{- with $values.extraEnvFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
env:
  - {name: CUTOUTD_DATA_DIR, value: /data}
  # Keys are in the secret; none is made and written into a pod's log.
  - {name: CUTOUTD_FIRST_KEY, value: "false"}
  {{- with $values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
resources:
  {{- toYaml .own.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: tmp, mountPath: /tmp}
{{- end }}
