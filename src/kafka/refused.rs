//! The librdkafka properties that a user may not set, each with the reason and what to do instead. The one list.

/// Exactly-once depends on them, or another setting decides.
const EXACTLY_ONCE: &[(&str, &str)] = &[
    ("bootstrap.servers", "set kafka.bootstrap_servers"),
    ("metadata.broker.list", "set kafka.bootstrap_servers"),
    ("group.id", "set engine.application_id, it derives from it"),
    ("group.instance.id", "set engine.instance_id; threads of one process would share it"),
    ("group.protocol", "only the classic protocol keeps the generation of a commit"),
    ("group.remote.assignor", "only the classic protocol keeps the generation of a commit"),
    ("partition.assignment.strategy", "turns and outcomes follow each other under cooperative-sticky"),
    ("transactional.id", "set engine.application_id and engine.instance_id, it derives from them"),
    ("enable.idempotence", "it is always on"),
    ("enable.gapless.guarantee", "the default is needed"),
    ("acks", "it is always all"),
    ("request.required.acks", "it is always all"),
    ("max.in.flight", "the default is needed"),
    ("max.in.flight.requests.per.connection", "the default is needed"),
    ("retries", "the default is needed"),
    ("message.send.max.retries", "the default is needed"),
    ("queuing.strategy", "the default is needed"),
    ("isolation.level", "it is always read_committed"),
    ("enable.auto.commit", "offsets are committed in the transaction"),
    ("auto.commit.enable", "offsets are committed in the transaction"),
    ("auto.commit.interval.ms", "offsets are committed in the transaction"),
    ("enable.auto.offset.store", "offsets are committed in the transaction"),
    ("auto.offset.reset", "a first start reads from the earliest record; a gap is named, not jumped over"),
    ("enable.partition.eof", "positions are compared instead"),
    ("partitioner", "outputs are written as Kafka's Java client does"),
    ("message.max.bytes", "set engine.record_bytes_max"),
    ("allow.auto.create.topics", "use `segue topics create`"),
];

/// Logging in would not be safe, or is not done by librdkafka here.
const LOGIN: &[(&str, &str)] = &[
    (
        "enable.sasl.oauthbearer.unsecure.jwt",
        "its tokens are not signed, so anyone could be anyone; set kafka.oidc_token_url and its like",
    ),
    ("sasl.oauthbearer.config", "it is for unsigned tokens; set kafka.oidc_token_url and its like"),
    ("sasl.oauthbearer.method", "tokens are asked for by segue itself; set kafka.oidc_token_url"),
    ("sasl.oauthbearer.grant.type", "client credentials are what is asked with"),
    ("sasl.oauthbearer.client.id", "set kafka.oidc_client_id"),
    ("sasl.oauthbearer.client.credentials.client.id", "set kafka.oidc_client_id"),
    ("sasl.oauthbearer.client.secret", "set kafka.oidc_client_secret_file"),
    ("sasl.oauthbearer.client.credentials.client.secret", "set kafka.oidc_client_secret_file"),
    ("sasl.oauthbearer.scope", "set kafka.oidc_scope"),
    ("sasl.oauthbearer.token.endpoint.url", "set kafka.oidc_token_url"),
    ("https.ca.location", "set kafka.oidc_ca_file"),
];

/// Why a property is not accepted under `[kafka.properties]`, and what to do instead; `None` if it is accepted.
pub fn refused(property: &str) -> Option<String> {
    let of =
        |list: &[(&str, &'static str)]| list.iter().find(|(name, _)| *name == property).map(|(_, why)| *why);
    of(EXACTLY_ONCE)
        .map(|why| format!("exactly-once depends on it; remove it: {why}"))
        .or_else(|| of(LOGIN).map(|why| format!("remove it: {why}")))
}

/// Parts of the names of properties whose values are secrets.
const SECRETS: [&str; 9] = [
    "password",
    "passphrase",
    "secret",
    "token",
    "jaas",
    "credential",
    "key.pem",
    "private.key",
    "oauthbearer.config",
];

/// Whether the value of a property must not be shown.
pub fn is_secret(property: &str) -> bool {
    let name = property.to_ascii_lowercase();
    SECRETS.iter().any(|part| name.contains(part))
}
