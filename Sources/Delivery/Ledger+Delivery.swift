// The real ledger and the real letter store behind the relay's doors.

package import Vault

extension Ledger: DeliveryLedger {}

extension LetterStore: LetterStates {}
