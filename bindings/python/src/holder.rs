//! A holder as Python's `ralph_lock.Holder`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use ralph_lock::{Holder, Liveness, Relation};

/// The Python object, with the holder's present liveness and relation.
pub(crate) fn record<'py>(py: Python<'py>, holder: &Holder) -> PyResult<Bound<'py, PyAny>> {
    static RECORD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let liveness = match holder.liveness() {
        Liveness::Unknown => "UNKNOWN",
        Liveness::Live => "LIVE",
        Liveness::Dead => "DEAD",
        Liveness::Recycled => "RECYCLED",
        Liveness::Foreign => "FOREIGN",
    };
    let relation = match holder.relation() {
        Relation::Unknown => "UNKNOWN",
        Relation::Own => "SELF",
        Relation::Ancestor => "ANCESTOR",
        Relation::Other => "OTHER",
    };
    let started = (holder.started.timestamp(), holder.started.timestamp_subsec_micros(), holder.started_rfc3339());
    RECORD.import(py, "ralph_lock._holder", "record")?.call1((
        holder.pid,
        started,
        &holder.prompt,
        holder.host(),
        liveness,
        relation,
        holder.local_pid(),
        holder.summary(),
    ))
}
