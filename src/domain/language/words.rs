//! The telling words of each language: frequent ones, each between blanks.

pub(super) const ENGLISH: &str = " the and to of a in is you that it for we are with this have be on i your our not will \
    can please thank thanks hello hi dear regards from as at if but would could my me has \
    was they there when what which or an by do been any just about let know need us still \
    yet their being were should than then because so some very more other only also did \
    does had his her how where who why its don may must want get got see go went back over \
    after before while into last next new good many much here again make made send sent \
    call expect find attached regarding question myself until ";

pub(super) const GERMAN: &str = " der die das und ist ich wir sie nicht mit für auf den dem ein eine einen es zu im von \
    bitte danke hallo grüße gruß liebe lieber sehr geehrte haben uns ihnen ihre noch wie \
    auch dass werden wird sind bei kann können um aus am an wenn oder aber vielen dank \
    guten tag hat habe mir mich bis nach zum zur schon diese dieser dieses diesem diesen \
    meine mein meinen meiner unsere unser unserem unseren ihr ihrem ihren seit heute morgen \
    gestern möchte möchten könnten könnte würde würden müssen muss soll sollte hatte war \
    waren wurde wurden vom beim ins ob weil deshalb damit denn doch nur mehr keine kein \
    keinen alle alles etwas gibt geht ja nein wann warum welche welchen jemand niemand \
    leider gerne gern ab vor gegen ohne über unter zwischen sowie anbei bezüglich \
    du dir dich dein deine deinen euch euer eure kannst könnt hast habt bist mal jetzt ";

pub(super) const FRENCH: &str = " le la les et est je nous vous ne pas avec pour sur un une des du de en il à au aux que \
    qui ce cette bonjour merci cordialement votre vos notre nos avons êtes sont mais ou où \
    si plus dans par être j l d c qu n s avez bien toujours encore tout faire peut pouvez \
    été madame monsieur mon ma mes son sa ses leur leurs cet ces elle elles ils lui moi \
    toute tous très aussi alors donc car comme quand pourquoi combien quel quelle avait \
    était serait pourriez pouvons souhaitons voudrais aimerais avoir fait faut après avant \
    depuis sans sous entre chez vers peu trop déjà jamais rien personne aucun plaît ci hier \
    aujourd hui demain tu te ton tes peux veux veuillez toi on ";

pub(super) const SPANISH: &str = " el la los las y es que de en un una no con para por se su lo del al me nos le les hola \
    gracias saludos cordial buenos días estimado estimada está están como más pero si ha he \
    hemos nuestro nuestra cuando todavía muy ya mi tenemos puede pueden favor desde este \
    esta sobre ustedes hay mis sus nuestros nuestras esto ese esa eso aquel porque entonces \
    también tampoco sin entre hasta antes después siempre nunca nada nadie algo alguien \
    todo todos toda hoy ayer mañana cuál qué cómo cuándo cuánto dónde quién soy somos son \
    estoy estamos estaba fue fueron era tengo tiene tienen han había quiero queremos \
    necesito necesitamos podría podrían usted dos ser hacer otra otro mejor solo sólo ";

pub(super) const ITALIAN: &str = " il lo la i gli le e è che di in un una non con per si su del della dei delle al alla mi \
    ci vi ho abbiamo sono ciao buongiorno grazie saluti cordiali gentile come più ma se ha \
    nostro nostra vostro vostra quando ancora anche questo questa può possiamo potete dal \
    dalla nel nella da cosa buonasera sulla sul sui sulle negli nelle nei degli allo agli \
    alle dallo dalle mio mia miei mie suo sua loro noi voi lei lui io hanno avete avere \
    essere era erano stato stata siamo siete vorrei vorremmo potrebbe potrei dobbiamo devo \
    deve perché così quindi poi già molto tutto tutti tutta sempre mai niente nessuno \
    qualcuno qualche oggi ieri domani stamattina quanto quale quali dove chi cui fatto ecco \
    dopo prima senza tra fra ";

pub(super) const DUTCH: &str = " de het een en is ik wij we u niet met voor op van in te dat die zijn er aan om hallo \
    beste bedankt dank groet groeten graag heeft hebben ons onze uw jullie nog als ook maar \
    kan kunnen kunt wordt worden bij naar of geachte mijn wat al zo deze dit hebt \
    vriendelijke goedemorgen alvast nu mij me jij je jou hij zij ze haar hun hen jouw was \
    waren heb had hadden zou zouden moet moeten wil willen wilt wilde gaan gaat komt komen \
    doen doet geen niets iemand niemand iets alles alle veel meer dus want omdat toen \
    wanneer waarom waar hoe welke wie hier daar door over tot tussen zonder onder tegen \
    sinds vandaag morgen gisteren reeds eens even zodra zoals uit heel goed ";

pub(super) const PORTUGUESE: &str = " o a os as e é que de em um uma não com para por se do da dos das no na ao à nos olá \
    obrigado obrigada cumprimentos bom dia boa tarde como mais mas já foi temos está estão \
    nosso nossa quando ainda também este esta pelo pela você vocês eu atenciosamente muito \
    prezado prezada caro são isso seu sua meu minha meus minhas seus suas nossos nossas \
    dele dela eles elas ela ele isto aquilo esse essa esses essas num numa nuns pelos pelas \
    aos às sem sob entre até antes depois sempre nunca nada ninguém algo alguém alguma \
    algum tudo todos hoje ontem amanhã qual quais quem onde porque então tenho tem têm \
    tinha era foram estava estou fui ser ter fazer gostaria gostaríamos queria preciso \
    nao voce tambem precisamos precisam podem podemos poderia há só dois mesmo sobre quanto me ";
