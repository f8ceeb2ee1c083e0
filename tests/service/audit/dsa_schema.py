"""The rules of the DSA Transparency Database's statements (API v2, as of 2026-06-24), written down a second time."""

from __future__ import annotations

# ruff: noqa: E501 - lists of names

CATEGORIES = [
    f"STATEMENT_CATEGORY_{name}"
    for name in [
        "ANIMAL_WELFARE",
        "CONSUMER_INFORMATION",
        "CYBER_VIOLENCE",
        "CYBER_VIOLENCE_AGAINST_WOMEN",
        "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        "ILLEGAL_OR_HARMFUL_SPEECH",
        "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
        "NOT_SPECIFIED_NOTICE",
        "OTHER_VIOLATION_TC",
        "PROTECTION_OF_MINORS",
        "RISK_FOR_PUBLIC_SECURITY",
        "SCAMS_AND_FRAUD",
        "SELF_HARM",
        "UNSAFE_AND_PROHIBITED_PRODUCTS",
        "VIOLENCE",
    ]
]
KEYWORDS = [
    f"KEYWORD_{name}"
    for name in [
        "ADULT_SEXUAL_MATERIAL",
        "AGE_SPECIFIC_RESTRICTIONS",
        "AGE_SPECIFIC_RESTRICTIONS_MINORS",
        "ANIMAL_HARM",
        "BIOMETRIC_DATA_BREACH",
        "BULLYING_AGAINST_GIRLS",
        "CHILD_SEXUAL_ABUSE_MATERIAL",
        "CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE",
        "CONTENT_PROMOTING_EATING_DISORDERS",
        "COORDINATED_HARM",
        "COPYRIGHT_INFRINGEMENT",
        "CYBER_BULLYING_INTIMIDATION",
        "CYBER_HARASSMENT",
        "CYBER_HARASSMENT_AGAINST_WOMEN",
        "CYBER_INCITEMENT",
        "CYBER_STALKING",
        "CYBER_STALKING_AGAINST_WOMEN",
        "DATA_FALSIFICATION",
        "DEFAMATION",
        "DESIGN_INFRINGEMENT",
        "DISCRIMINATION",
        "FEMALE_GENDERED_DISINFORMATION",
        "GEOGRAPHIC_INDICATIONS_INFRINGEMENT",
        "GEOGRAPHICAL_REQUIREMENTS",
        "GOODS_SERVICES_NOT_PERMITTED",
        "GROOMING_SEXUAL_ENTICEMENT_MINORS",
        "HATE_SPEECH",
        "HIDDEN_ADVERTISEMENT",
        "HUMAN_EXPLOITATION",
        "HUMAN_TRAFFICKING",
        "ILLEGAL_ORGANIZATIONS",
        "IMPERSONATION_ACCOUNT_HIJACKING",
        "INAUTHENTIC_ACCOUNTS",
        "INAUTHENTIC_LISTINGS",
        "INAUTHENTIC_USER_REVIEWS",
        "INCITEMENT_AGAINST_WOMEN",
        "INCITEMENT_VIOLENCE_HATRED",
        "INSUFFICIENT_INFORMATION_ON_TRADERS",
        "LANGUAGE_REQUIREMENTS",
        "MISINFORMATION_DISINFORMATION",
        "MISLEADING_INFO_CONSUMER_RIGHTS",
        "MISLEADING_INFO_GOODS_SERVICES",
        "MISSING_PROCESSING_GROUND",
        "NON_CONSENSUAL_IMAGE_SHARING",
        "NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN",
        "NON_CONSENSUAL_MATERIAL_DEEPFAKE",
        "NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN",
        "NONCOMPLIANCE_PRICING",
        "NUDITY",
        "PATENT_INFRINGEMENT",
        "PHISHING",
        "PROHIBITED_PRODUCTS",
        "PYRAMID_SCHEMES",
        "RIGHT_TO_BE_FORGOTTEN",
        "RISK_ENVIRONMENTAL_DAMAGE",
        "RISK_PUBLIC_HEALTH",
        "SELF_MUTILATION",
        "STALKING",
        "SUICIDE",
        "TERRORIST_CONTENT",
        "TRADE_SECRET_INFRINGEMENT",
        "TRADEMARK_INFRINGEMENT",
        "TRAFFICKING_WOMEN_GIRLS",
        "UNLAWFUL_SALE_ANIMALS",
        "UNSAFE_CHALLENGES",
        "UNSAFE_PRODUCTS",
        "VIOLATION_EU_LAW",
        "VIOLATION_NATIONAL_LAW",
        "OTHER",
    ]
]
DAY = {"type": "string", "pattern": r"^20[0-3]\d-\d\d-\d\d$", "minLength": 10, "maxLength": 10}
END = {"anyOf": [DAY, {"type": "null"}]}


def text(most, least=1):
    return {"type": "string", "minLength": least, "maxLength": most}


def among(prefix, *names):
    return {"enum": [prefix + name for name in names]}


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": [
        "decision_facts", "decision_ground", "category", "content_type", "content_date", "application_date", "source_type",
        "automated_detection", "automated_decision", "puid",
    ],
    "properties": {
        "decision_visibility": {
            "type": "array",
            "minItems": 1,
            "items": {
                "enum": [
                    f"DECISION_VISIBILITY_CONTENT_{name}"
                    for name in ("REMOVED", "DISABLED", "DEMOTED", "AGE_RESTRICTED", "INTERACTION_RESTRICTED", "LABELLED")
                ]
                + ["DECISION_VISIBILITY_OTHER"]
            },
        },
        "decision_visibility_other": text(500),
        "decision_monetary": among("DECISION_MONETARY_", "SUSPENSION", "TERMINATION", "OTHER"),
        "decision_provision": among(
            "DECISION_PROVISION_", "PARTIAL_SUSPENSION", "TOTAL_SUSPENSION", "PARTIAL_TERMINATION", "TOTAL_TERMINATION"
        ),
        "decision_account": among("DECISION_ACCOUNT_", "SUSPENDED", "TERMINATED"),
        "decision_facts": text(5000),
        "decision_ground": among("DECISION_GROUND_", "ILLEGAL_CONTENT", "INCOMPATIBLE_CONTENT"),
        "illegal_content_legal_ground": text(500),
        "illegal_content_explanation": text(2000),
        "incompatible_content_ground": text(500),
        "incompatible_content_explanation": text(2000),
        "incompatible_content_illegal": {"enum": ["Yes", "No"]},
        "category": {"enum": CATEGORIES},
        "category_addition": {"type": "array", "items": {"enum": CATEGORIES}, "uniqueItems": True},
        "category_specification": {"type": "array", "items": {"enum": KEYWORDS}, "uniqueItems": True},
        "category_specification_other": text(500),
        "content_type": {
            "type": "array",
            "minItems": 1,
            "items": among("CONTENT_TYPE_", "APP", "AUDIO", "IMAGE", "PRODUCT", "SYNTHETIC_MEDIA", "TEXT", "VIDEO", "OTHER"),
        },
        "content_language": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "content_date": DAY,
        "application_date": DAY,
        "end_date_visibility_restriction": END,
        "source_type": {
            "enum": ["SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"]
        },
        "automated_detection": {"enum": ["Yes", "No"]},
        "automated_decision": among("AUTOMATED_DECISION_", "FULLY", "PARTIALLY", "NOT_AUTOMATED"),
        "puid": {"type": "string", "pattern": "^[a-zA-Z0-9-_]+$", "minLength": 1, "maxLength": 500},
    },
    "anyOf": [
        {"required": [name]}
        for name in ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")
    ],
    "allOf": [
        {
            "if": {"properties": {"decision_ground": {"const": "DECISION_GROUND_ILLEGAL_CONTENT"}}},
            "then": {
                "required": ["illegal_content_legal_ground", "illegal_content_explanation"],
                "not": {"required": ["incompatible_content_ground"]},
            },
            "else": {
                "required": ["incompatible_content_ground", "incompatible_content_explanation"],
                "not": {"required": ["illegal_content_legal_ground"]},
            },
        }
    ],
}  # fmt: skip
