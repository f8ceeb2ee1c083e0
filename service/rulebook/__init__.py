"""Rules as people change them: proposed, rehearsed on what was judged before, approved by a second person, active."""
