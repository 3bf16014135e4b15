// What the portal's connection may not do to letters.db. Pure text.

import Vault

/// Triggers of the portal's connection alone.
enum PortalFence {
    /// Run on the portal's writing connection: a mistake in the portal cannot add, change or delete a letter. (Its
    /// Unix user can write the file all the same; the threat model says what that is worth: nothing in it opens.)
    static let all: String = {
        var fence = ""
        for table in ["contents", "chunks", "letters", "storage_shares", "following"] {
            for event in ["INSERT", "UPDATE", "DELETE"] { fence += trigger(table, event) }
        }
        fence += answers
        for event in ["INSERT", "UPDATE OF letter_id", "DELETE"] { fence += trigger("attempts", event) }
        for event in ["INSERT", "UPDATE OF result", "DELETE"] { fence += trigger("attempt_totals", event) }
        for (table, events) in fenced { for event in events { fence += trigger(table, event) } }
        fence += requestFence
        return fence
    }()

    private static func trigger(_ table: String, _ event: String) -> String {
        """
        CREATE TEMP TRIGGER fence_\(table)_\(event.prefix(6)) BEFORE \(event) ON main.\(table)
        BEGIN SELECT RAISE(ABORT, 'the portal may not do this'); END;

        """
    }

    /// The portal takes uploads in and hands them over; whether an answer has been sent is not for it to say, and what
    /// it has handed over it cannot change or take back.
    private static let answers: String = {
        var fence = ["INSERT", "UPDATE", "DELETE"].map { trigger("answer_limits", $0) }.joined()
        let no = "BEGIN SELECT RAISE(ABORT, 'the portal may not do this'); END;\n"
        fence += """
            CREATE TEMP TRIGGER fence_answers_insert BEFORE INSERT ON main.answers
            WHEN NEW.state <> 'uploading' OR NEW.counted <> 1 OR NEW.reason IS NOT NULL OR NEW.said IS NOT NULL
                OR EXISTS (SELECT 1 FROM main.answers WHERE letter_id = NEW.letter_id AND id = NEW.id) \(no)
            CREATE TEMP TRIGGER fence_answers_update BEFORE UPDATE ON main.answers
            WHEN OLD.state <> 'uploading' OR NEW.state NOT IN ('uploading', 'complete') OR NEW.counted <> 1
                OR NEW.id <> OLD.id OR NEW.letter_id <> OLD.letter_id OR NEW.reason IS NOT NULL OR NEW.said IS NOT NULL
            \(no)
            CREATE TEMP TRIGGER fence_answers_delete BEFORE DELETE ON main.answers
            WHEN OLD.state <> 'uploading' \(no)

            """
        for table in ["answer_items", "answer_pieces"] {
            for (event, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")] {
                // A cascade from an answer that is gone already finds no row: what the portal may delete goes whole.
                fence += """
                    CREATE TEMP TRIGGER fence_\(table)_\(event)_\(row) BEFORE \(event) ON main.\(table)
                    WHEN EXISTS (SELECT 1 FROM main.answers WHERE letter_id = \(row).letter_id AND id = \(row).answer_id
                        AND state <> 'uploading') \(no)

                    """
            }
        }
        return fence
    }()

    /// ``RequestLimits/keptKinds`` for SQL.
    static let keptKindList = RequestLimits.keptKinds.map { "'\($0)'" }.joined(separator: ", ")

    /// What the portal's connection may not do here: it adds requests and reads, no more.
    private static let fenced: [(table: String, events: [String])] = [
        ("controls", ["INSERT", "UPDATE", "DELETE"]), ("control_letters", ["INSERT", "UPDATE", "DELETE"]),
        ("requests", ["UPDATE", "DELETE"]),
    ]

    /// A new request is new, unanswered, and not one too many.
    private static let requestFence = """
        CREATE TEMP TRIGGER fence_requests_insert BEFORE INSERT ON main.requests
        WHEN NEW.answer IS NOT NULL OR NEW.settled_at IS NOT NULL
            OR EXISTS (SELECT 1 FROM main.requests WHERE id = NEW.id)
            OR (SELECT count(*) FROM main.requests WHERE answer IS NULL) >= \(RequestLimits.most)
            OR (SELECT count(*) FROM main.requests WHERE answer IS NULL AND kind = NEW.kind)
                >= \(RequestLimits.mostOfKind)
            OR (NEW.kind NOT IN (\(keptKindList)) AND
                (SELECT count(*) FROM main.requests WHERE answer IS NULL AND kind NOT IN (\(keptKindList)))
                >= \(RequestLimits.most - RequestLimits.keptPlaces))
        BEGIN SELECT RAISE(ABORT, 'the portal may not do this'); END;

        """
}
