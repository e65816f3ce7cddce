#!/usr/bin/env bash
# As apache/kafka's own: KAFKA_SOME_SETTING becomes some.setting (___ a dash, __ an underscore), the data folder is
# formatted once with CLUSTER_ID, and the broker is the container's process.
set -euo pipefail
settings=/opt/kafka/config/server.properties
while IFS='=' read -r name value; do
    case $name in
    KAFKA_HEAP_OPTS|KAFKA_OPTS|KAFKA_JVM_*|KAFKA_LOG4J_*) continue ;;
    KAFKA_*) ;;
    *) continue ;;
    esac
    key=$(printf '%s' "${name#KAFKA_}" | tr '[:upper:]' '[:lower:]' | sed 's/___/-/g; s/__/\x01/g; s/_/./g; s/\x01/_/g')
    printf '%s=%s\n' "$key" "$value"
done < <(env) >"$settings"
cat >/opt/kafka/config/log4j2.properties <<'LOG'
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
LOG
run=(java -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.properties -cp '/opt/kafka/libs/*')
"${run[@]}" kafka.tools.StorageTool format --ignore-formatted -t "$CLUSTER_ID" -c "$settings"
# shellcheck disable=SC2086
exec "${run[@]}" ${KAFKA_HEAP_OPTS:--Xms512m -Xmx512m} kafka.Kafka "$settings"
