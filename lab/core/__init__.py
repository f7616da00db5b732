"""What every feature stands on and what knows no feature: database, permissions, text, web, jobs, languages."""
