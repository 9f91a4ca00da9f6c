//! What a running instance is asked: `segue inspect`, `segue healthcheck` and `segue log-level`.

use std::path::Path;

use super::{format, read};
use crate::app::print::{print, print_line};
use crate::app::run::Failure;
use crate::app::{healthcheck, inspect, log_level, render};
use crate::cli;

pub(super) fn inspect_command(args: &cli::Inspect) -> Result<(), Failure> {
    let settings = read(&args.settings)?;
    let scheme = if settings.http.tls_certificate_file.is_some() { "https" } else { "http" };
    let url = args.url.clone().unwrap_or_else(|| format!("{scheme}://{}", settings.http.listen));
    let of_settings = settings.http.token_file.as_deref().map(Path::new);
    let door = inspect::Door {
        url: &url,
        token_file: args.token_file.as_deref().or(of_settings),
        ca_file: args.ca_file.as_deref(),
    };
    let style = render::Style::of_stdout();
    let shown = inspect::inspect(&args.conversation, &door, format(args.output), style);
    print(shown.map_err(Failure::running)?)?;
    Ok(())
}

pub(super) fn healthcheck_command(args: &cli::Healthcheck) -> Result<(), Failure> {
    let target = match &args.url {
        Some(url) => healthcheck::Target { url: url.clone(), ca_file: args.ca_file.clone() },
        None => healthcheck::own_target(&read(&args.settings)?.http, args.ca_file.clone()),
    };
    let question = if args.ready { healthcheck::Question::Ready } else { healthcheck::Question::Alive };
    print_line(healthcheck::ask(&target, question).map_err(Failure::running)?)?;
    Ok(())
}

pub(super) fn log_level_command(args: &cli::LogLevel) -> Result<(), Failure> {
    let settings = read(&args.settings)?;
    let target = match &args.url {
        Some(url) => healthcheck::Target { url: url.clone(), ca_file: args.ca_file.clone() },
        None => healthcheck::own_target(&settings.http, args.ca_file.clone()),
    };
    let door = inspect::Door {
        url: &target.url,
        token_file: settings.http.token_file.as_deref().map(Path::new),
        ca_file: target.ca_file.as_deref(),
    };
    let said = log_level::ask(&door, args.filter.as_deref(), format(args.output));
    print(said.map_err(Failure::running)?)?;
    Ok(())
}
