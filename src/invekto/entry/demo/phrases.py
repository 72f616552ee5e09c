"""What the sample firms say again and again: templates that the sandbox has approved, and canned replies.

Information about an appointment, an order or a stay only: nothing that praises a treatment or sells one, which the law on health
advertising forbids.
"""

from __future__ import annotations

from typing import Any, Final

from invekto.templates.canned import Reply

Json = dict[str, Any]


def _body(text: str, *examples: str) -> Json:
    return {"type": "BODY", "text": text} | ({"example": {"body_text": [list(examples)]}} if examples else {})


def _footer(text: str) -> Json:
    return {"type": "FOOTER", "text": text}


def _replies(*titles: str) -> Json:
    return {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": title} for title in titles]}


def _template(name: str, language: str, *components: Json, **more: Any) -> Json:
    return {"name": name, "language": language, "category": "UTILITY", "components": list(components), **more}


_TRACK: Final[Json] = {
    "type": "URL",
    "text": "Kargoyu izle",
    "url": "https://kargo.example/{{1}}",
    "example": ["https://kargo.example/S-10024"],
}

TEMPLATES: Final[tuple[Json, ...]] = (
    _template(
        "randevu_hatirlatma",
        "tr",
        {"type": "HEADER", "format": "TEXT", "text": "Randevu hatırlatma"},
        _body(
            "Merhaba {{1}}, {{2}} günü saat {{3}} için randevunuz var. Gelemeyecekseniz lütfen bize bildirin.",
            *("Ayşe", "Salı", "10:30"),
        ),
        _footer("Bu ileti bilgi amaçlıdır."),
        _replies("Geliyorum", "Ertelemek istiyorum"),
        quality="GREEN",
    ),
    _template(
        "appointment_reminder",
        "en",
        _body(
            "Hello {{1}}, this is to remind you of your appointment on {{2}} at {{3}}. Please tell us if you cannot come.",
            *("Emma", "Tuesday", "10:30"),
        ),
        _replies("I will be there", "Please call me"),
        quality="GREEN",
    ),
    _template(
        "randevu_onay",
        "tr",
        _body("Merhaba {{1}}, randevunuz {{2}} tarihine alındı. Sizi bekliyoruz.", "Mehmet", "12 Aralık 14:00"),
        {
            "type": "BUTTONS",
            "buttons": [{"type": "PHONE_NUMBER", "text": "Bizi arayın", "phone_number": "+902120000000"}],
        },
    ),
    _template(
        "siparis_kargoda",
        "tr",
        _body("Merhaba {{1}}, {{2}} numaralı siparişiniz bugün kargoya verildi.", "Zeynep", "S-10024"),
        {"type": "BUTTONS", "buttons": [_TRACK]},
    ),
    _template(
        "order_shipped",
        "en",
        _body("Hello {{1}}, your order {{2}} was handed to the carrier today.", "James", "S-10024"),
        {"type": "BUTTONS", "buttons": [{**_TRACK, "text": "Track it"}]},
    ),
    _template(
        "fatura_hazir",
        "tr",
        {"type": "HEADER", "format": "DOCUMENT", "example": {"header_handle": ["4::c2FtcGxl"]}},
        _body("Merhaba {{1}}, faturanız hazır; bu iletinin ekinde bulabilirsiniz.", "Elif"),
    ),
    _template(
        "konum_bilgisi",
        "tr",
        {"type": "HEADER", "format": "LOCATION"},
        _body("Merhaba {{1}}, adresimiz yukarıdadır. Girişte adınızı söylemeniz yeterli.", "Can"),
    ),
    _template(
        "geri_donus",
        "tr",
        _body(
            "Merhaba {{1}}, sorunuzla ilgili bilgi hazır. Uygun olduğunuzda bu iletiyi yanıtlayabilirsiniz.", "Deniz"
        ),
        _replies("Şimdi yazabilirsiniz", "Sonra dönerim"),
        quality="YELLOW",
    ),
    _template(
        "tesekkur",
        "tr",
        _body("Merhaba {{1}}, bizi tercih ettiğiniz için teşekkür ederiz.", "Derya"),
        status="REJECTED",
        reason="INCORRECT_CATEGORY",
    ),
    _template(
        "arrival_details",
        "en",
        _body(
            "Hello {{1}}, we are ready for your arrival on {{2}}. Reply here if anything changes.", "Olivia", "12 May"
        ),
        status="PENDING",
        held=True,
    ),
)
"""As the sandbox's control API takes them: eight approved, one refused, one being judged."""

_HELLO: Final = "Karşılama"
_WORK: Final = "Randevu ve sipariş"

CANNED: Final[tuple[Reply, ...]] = tuple(
    Reply(shortcut=shortcut, title=title, folder=folder, texts={"tr": tr, "en": en})
    for folder, shortcut, title, tr, en in (
        (
            _HELLO, "merhaba", "Selamlama",
            "Merhaba {{contact.first_name}}, ben {{agent.name}}. Size nasıl yardımcı olabilirim?",
            "Hello {{contact.first_name}}, this is {{agent.name}}. How can I help you?",
        ),
        (
            _HELLO, "bekleyin", "Bir dakika",
            "Bakıyorum, birkaç dakika içinde dönüyorum.",
            "Let me look into it; I will be back in a few minutes.",
        ),
        (
            _HELLO, "teşekkür", "Teşekkür",
            "Bilgi için teşekkür ederiz {{contact.first_name}}.",
            "Thank you for letting us know, {{contact.first_name}}.",
        ),
        (
            _HELLO, "mesai", "Çalışma saatleri",
            "Pazartesiden cumartesiye 09.00–20.00 arasında buradayız.",
            "We are here from Monday to Saturday, 9 am to 8 pm.",
        ),
        (
            _HELLO, "adres", "Adres",
            "{{firm.name}} adresini konum olarak gönderiyorum.",
            "I am sending you the location of {{firm.name}}.",
        ),
        (
            _HELLO, "hoşçakal", "Kapanış",
            "Başka bir sorunuz olursa buradan yazabilirsiniz. İyi günler!",
            "Write to us here whenever there is anything else. Have a good day!",
        ),
        (
            _WORK, "randevu", "Randevu günü sorma",
            "Hangi gün ve saat size uygun olur?",
            "Which day and time would suit you?",
        ),
        (
            _WORK, "onay", "Randevu onayı",
            "Randevunuzu kaydettim. Değişiklik olursa buradan bildirebilirsiniz.",
            "Your appointment is booked. Tell us here if anything changes.",
        ),
        (
            _WORK, "iptal", "Randevu iptali",
            "Randevunuzu iptal ettim. Yeni bir gün için yazmanız yeterli.",
            "I have cancelled your appointment. Just write for another day.",
        ),
        (
            _WORK, "sipariş", "Sipariş numarası",
            "Sipariş numaranızı yazar mısınız?",
            "Could you send me your order number?",
        ),
        (
            _WORK, "kargo", "Kargo durumu",
            "Siparişiniz kargoya verildi; takip numarasını birazdan gönderiyorum.",
            "Your order has been shipped; I will send the tracking number shortly.",
        ),
        (
            _WORK, "fatura", "Fatura bilgileri",
            "Faturanız için ad, adres ve vergi numarasını yazabilir misiniz?",
            "For your invoice, could you send me the name, address and tax number?",
        ),
    )
)  # fmt: skip
