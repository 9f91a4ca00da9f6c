{{- define "segue.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "segue.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "segue.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "segue.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "segue.selectorLabels" -}}
app.kubernetes.io/name: {{ include "segue.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "segue.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "segue.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "segue.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "segue.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "segue.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "segue.tokenSecret" -}}
{{- default (printf "%s-token" (include "segue.fullname" .)) .Values.http.existingTokenSecret }}
{{- end }}

{{- define "segue.hasPolicy" -}}
{{- if or .Values.policy .Values.existingPolicyConfigMap }}true{{ end }}
{{- end }}

{{- /* The application id: consumer group, transactional ids and internal topics derive from it. */ -}}
{{- define "segue.applicationId" -}}
{{- dig "engine" "application_id" "segue" .Values.config }}
{{- end }}

{{- /* One topic's real name: prefix and all. Argument: dict root, topic (an entry of files/topics.json). */ -}}
{{- define "segue.topicName" -}}
{{- $config := .root.Values.config -}}
{{- $name := dig "topics" .topic.key .topic.name $config | replace "<app>" (include "segue.applicationId" .root) -}}
{{- printf "%s%s" (dig "topics" "prefix" "" $config) $name }}
{{- end }}

{{- /* A map as a TOML table. JSON's strings, numbers, flags and lists are TOML's. */ -}}
{{- define "segue.toml" -}}
{{- range $key, $value := . }}
{{ $key | toJson }} = {{ $value | toJson }}
{{- end }}
{{- end }}

{{- /* segue.toml. What the chart sets itself is laid over the values. */ -}}
{{- define "segue.settings" -}}
{{- $policy := ternary (dict "policy" (dict "file" "/etc/segue/policy/policy.toml")) dict (eq (include "segue.hasPolicy" .) "true") -}}
{{- $own := dict
      "kafka" (dict "bootstrap_servers" (required "kafka.bootstrapServers is required: host:port,host:port" .Values.kafka.bootstrapServers))
      "http" (dict "listen" (printf "0.0.0.0:%d" (int .Values.http.port)) "token_file" "/etc/segue/token/token") -}}
{{- $all := mergeOverwrite (deepCopy .Values.config) $own $policy -}}
{{- range $section, $keys := $all }}
[{{ $section }}]
{{- include "segue.toml" (omit $keys "properties") }}
{{- if eq $section "kafka" }}

[kafka.properties]
{{- include "segue.toml" $.Values.kafka.properties }}
{{- end }}
{{ end }}
{{- end }}

{{- /* A pod that runs the program. Arguments: dict root, component, roles, resources. */ -}}
{{- define "segue.pod" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "segue.selectorLabels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # A change of settings or policy restarts the pods, one after the other.
    checksum/settings: {{ include "segue.settings" $root | sha256sum }}
    checksum/policy: {{ $values.policy | sha256sum }}
    {{- with $values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "segue.serviceAccountName" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  securityContext: {{ toYaml $values.podSecurityContext | nindent 4 }}
  containers:
    - name: segue
      image: {{ include "segue.image" $root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [run, --config, /etc/segue/segue.toml, --roles, {{ .roles | quote }}]
      env: {{ include "segue.env" $root | nindent 8 }}
      ports:
        - { name: http, containerPort: {{ $values.http.port }}, protocol: TCP }
      {{- range $probe, $path := dict "startupProbe" "/healthz" "livenessProbe" "/healthz" "readinessProbe" "/readyz" }}
      {{ $probe }}:
        httpGet: { path: {{ $path }}, port: http, scheme: {{ $values.http.scheme }} }
        {{- toYaml (get $values.probes ($probe | trimSuffix "Probe")) | nindent 8 }}
      {{- end }}
      resources: {{ toYaml .resources | nindent 8 }}
      securityContext: {{ toYaml $values.securityContext | nindent 8 }}
      volumeMounts: {{ include "segue.volumeMounts" $root | nindent 8 }}
  volumes: {{ include "segue.volumes" $root | nindent 4 }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity: {{ toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
  {{- if $values.topologySpreadConstraints }}
    {{- toYaml $values.topologySpreadConstraints | nindent 4 }}
  {{- else }}
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "segue.selectorLabels" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $.component }}
  {{- end }}
  {{- end }}
{{- end }}

{{- define "segue.env" -}}
# Stable over restarts and different in every pod: transactional ids derive from it.
- name: SEGUE__ENGINE__INSTANCE_ID
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- range .Values.secretEnv }}
- name: {{ .name }}
  valueFrom: { secretKeyRef: { name: {{ .secret }}, key: {{ .key }} } }
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "segue.volumeMounts" -}}
- { name: settings, mountPath: /etc/segue/segue.toml, subPath: segue.toml, readOnly: true }
- { name: token, mountPath: /etc/segue/token, readOnly: true }
{{- if include "segue.hasPolicy" . }}
- { name: policy, mountPath: /etc/segue/policy, readOnly: true }
{{- end }}
{{- range $at, $file := .Values.secretFiles }}
- { name: secret-{{ $at }}, mountPath: {{ $file.mountPath }}, readOnly: true }
{{- end }}
{{- end }}

{{- define "segue.volumes" -}}
- name: settings
  configMap: { name: {{ include "segue.fullname" . }} }
- name: token
  secret:
    secretName: {{ include "segue.tokenSecret" . }}
    items: [{ key: {{ .Values.http.tokenSecretKey }}, path: token }]
{{- if include "segue.hasPolicy" . }}
- name: policy
  configMap: { name: {{ default (printf "%s-policy" (include "segue.fullname" .)) .Values.existingPolicyConfigMap }} }
{{- end }}
{{- range $at, $file := .Values.secretFiles }}
- name: secret-{{ $at }}
  secret: { secretName: {{ $file.secret }} }
{{- end }}
{{- end }}
