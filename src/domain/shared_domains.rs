//! Domains that belong to everybody: free mail and public suffixes.
//!
//! Vocabulary: a *free-mail* domain is one under which anybody gets an address; a *public
//! suffix* is one under which anybody gets a domain (publicsuffix.org); an *organisation's*
//! domain is the one right below a public suffix. All in lower-case A-label form
//! ([`parse_domain`](super::address::parse_domain)).
//!
//! The whole list of public suffixes takes megabytes as code, and nearly all of it are names
//! of hosts that no company has mail under. What is kept here: every single label, the
//! suffixes of two labels that registries name (`co.uk`), and those well-known ones that
//! others sell (`uk.com`).

/// Whether anybody gets an address at this very domain.
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.split(' ').any(|free| free == domain)
}

/// Whether anybody can have a domain below this one.
pub fn is_public_suffix(domain: &str) -> bool {
    let Some((label, top)) = domain.split_once('.') else {
        // Reserved for this machine (RFC 6761, section 6.3).
        return domain != "localhost";
    };
    if SOLD_SUFFIXES.split(' ').any(|sold| sold == domain) {
        return true;
    }
    let mut registries = REGISTRY_SUFFIXES.lines();
    let labels = registries.find_map(|line| line.strip_prefix(top)?.strip_prefix(' '));
    let mut labels = labels.unwrap_or_default().split(' ');
    match labels.clone().any(|each| each == "*") {
        // All but the exceptions, and a label more is no suffix.
        true => !label.contains('.') && !labels.any(|each| each.strip_prefix('!') == Some(label)),
        false => labels.any(|each| each == label),
    }
}

/// The domain of the organisation that a domain belongs to: `acme.co.uk` for
/// `mail.acme.co.uk` and for itself. `None` for a public suffix.
pub fn organisation(domain: &str) -> Option<&str> {
    if is_public_suffix(domain) {
        return None;
    }
    let mut own = domain;
    while let Some((_, parent)) = own.split_once('.') {
        if is_public_suffix(parent) {
            break;
        }
        own = parent;
    }
    Some(own)
}

/// The suffixes of two labels in the ICANN section of the Public Suffix List
/// (<https://publicsuffix.org/list/>, Mozilla Public License 2.0; taken from version 2.1.247
/// of the crate `psl`), in A-labels. Each line is a top-level domain and the labels before
/// it; `*` is any label, `!` an exception to that.
const REGISTRY_SUFFIXES: &str = include_str!("public_suffixes.txt");

/// Suffixes in the other section of that list under which companies have their mail.
const SOLD_SUFFIXES: &str = "\
    ae.org africa.com blogspot.com br.com cn.com co.com com.de com.se de.com eu.com eu.org \
    gb.net github.io gr.com hu.net in.net jp.net jpn.com mex.com priv.at ru.com sa.com se.net \
    uk.com uk.net us.com us.org za.com";

/// The well-known providers of free mail, and of mail to private customers.
const FREE_MAIL: &str = "\
    012.net.il 126.com 139.com 163.com 189.cn 1und1.de a1.net abv.bg aim.com alice-dsl.net \
    alice.de alice.it aliyun.com anonaddy.com aol.co.uk aol.com aol.de aol.fr aol.it aon.at \
    arcor.de aruba.it atlas.cz att.net azet.sk bbox.fr bell.net bellsouth.net biglobe.ne.jp \
    bigpond.com bigpond.net.au bk.ru bluewin.ch blueyonder.co.uk bol.com.br bredband.net \
    btinternet.com btopenworld.com caramail.com casema.nl centrum.cz centrum.sk centurylink.net \
    charter.net chello.at chello.nl citromail.hu clix.pt club-internet.fr comcast.net comhem.se \
    cox.net ctemplar.com daum.net dir.bg disroot.org docomo.ne.jp duck.com earthlink.net \
    eircom.net elisanet.fi email.com email.cz email.de email.it europe.com ewe.net ewetel.net \
    excite.co.jp excite.com ezweb.ne.jp fastmail.com fastmail.fm fastwebnet.it foxmail.com \
    free.fr freemail.hu freenet.de frontier.com gazeta.pl globo.com globomail.com gmail.com \
    gmx.at gmx.ch gmx.co.uk gmx.com gmx.de gmx.es gmx.eu gmx.fr gmx.li gmx.net gmx.org gmx.us \
    googlemail.com hanmail.net hetnet.nl hey.com hinet.net hispeed.ch home.nl hot.ee hotmail.at \
    hotmail.be hotmail.ca hotmail.ch hotmail.co.jp hotmail.co.nz hotmail.co.th hotmail.co.uk \
    hotmail.com hotmail.com.ar hotmail.com.au hotmail.com.br hotmail.com.tr hotmail.de \
    hotmail.dk hotmail.es hotmail.fi hotmail.fr hotmail.gr hotmail.it hotmail.nl hotmail.no \
    hotmail.se hushmail.com i.ua icloud.com ig.com.br iinet.net.au in.gr inbox.lt inbox.lv \
    inbox.ru indamail.hu inode.at interia.eu interia.pl internet.ru inwind.it iol.it jubii.dk \
    juno.com kabelmail.de keemail.me kolumbus.fi kpnmail.nl kpnplanet.nl laposte.net lenta.ru \
    libero.it list.ru live.at live.be live.ca live.cl live.cn live.co.uk live.co.za live.com \
    live.com.ar live.com.au live.com.mx live.com.pt live.com.sg live.de live.dk live.fr live.ie \
    live.in live.it live.jp live.nl live.no live.ru live.se luukku.com lycos.com mac.com \
    magenta.de mail.bg mail.com mail.dk mail.ee mail.ru mailbox.org mailfence.com mailinator.com \
    me.com meta.ua movistar.es msn.com mweb.co.za myyahoo.com nate.com naver.com netcologne.de \
    netvision.net.il netzero.net neuf.fr nifty.com ntlworld.com numericable.fr o2.pl o2mail.de \
    o2online.de onet.eu onet.pl online.de online.no ono.com op.pl optonline.net optusnet.com.au \
    orange.fr otenet.gr outlook.at outlook.be outlook.cl outlook.co.id outlook.co.th outlook.com \
    outlook.com.ar outlook.com.au outlook.com.br outlook.com.gr outlook.com.tr outlook.com.vn \
    outlook.cz outlook.de outlook.dk outlook.es outlook.fr outlook.hu outlook.ie outlook.in \
    outlook.it outlook.jp outlook.kr outlook.lv outlook.my outlook.ph outlook.pt outlook.sa \
    outlook.sg outlook.sk passport.com pec.it planet.nl plusnet.com pm.me poczta.onet.pl post.cz \
    poste.it posteo.de posteo.net prodigy.net.mx proton.me protonmail.ch protonmail.com \
    proximus.be qq.com quicknet.nl rambler.ru rediffmail.com riseup.net roadrunner.com \
    rocketmail.com rogers.com rr.com runbox.com sapo.pt sbcglobal.net scarlet.be seznam.cz \
    sfr.fr shaw.ca simplelogin.com simplelogin.io sina.cn sina.com skiff.com sky.com skynet.be \
    softbank.ne.jp sohu.com spray.se startmail.com stofanet.dk sunrise.ch suomi24.fi \
    sympatico.ca t-online.de talktalk.net telefonica.net telenet.be telia.com telkomsa.net \
    telus.net terra.com.br terra.es tim.it tin.it tiscali.co.uk tiscali.it tlen.pl tom.com \
    tuta.com tuta.io tutamail.com tutanota.com tutanota.de twc.com ukr.net unitybox.de \
    uol.com.br upcmail.nl usa.com verizon.net versanet.de videotron.ca virgilio.it \
    virginmedia.com vodafone.de vodafonemail.de volny.cz vp.pl walla.co.il walla.com wanadoo.fr \
    web.de windowslive.com windstream.net wp.pl xs4all.nl xtra.co.nz ya.ru yahoo.at yahoo.be \
    yahoo.ca yahoo.cn yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.kr yahoo.co.nz yahoo.co.th \
    yahoo.co.uk yahoo.co.za yahoo.com yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.cn \
    yahoo.com.co yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.ph yahoo.com.sg yahoo.com.tr \
    yahoo.com.tw yahoo.com.vn yahoo.de yahoo.dk yahoo.es yahoo.fi yahoo.fr yahoo.gr yahoo.ie \
    yahoo.in yahoo.it yahoo.nl yahoo.no yahoo.pl yahoo.pt yahoo.ro yahoo.se yandex.by yandex.com \
    yandex.kz yandex.ru yandex.ua yeah.net ymail.com ziggo.nl zoho.com zohomail.com zohomail.eu \
    zoznam.sk";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_lies_right_below_a_public_suffix() {
        for (domain, expected) in [
            ("acme.example", Some("acme.example")),
            ("mail.eu.acme.example", Some("acme.example")),
            ("acme.co.uk", Some("acme.co.uk")),
            ("post.acme.co.uk", Some("acme.co.uk")),
            ("acme.uk.com", Some("acme.uk.com")),
            ("www.ck", Some("www.ck")),
            ("localhost", Some("localhost")),
            ("co.uk", None),
            ("example", None),
            ("uk.com", None),
        ] {
            assert_eq!(organisation(domain), expected, "{domain}");
        }
    }
}
